//+------------------------------------------------------------------+
//|                                                    UnitProbe.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"

#include <MT5Connector/Net/Network.mqh>
#include <MT5Connector/Zmtp/ByteQueue.mqh>
#include <MT5Connector/Zmtp/Inbox.mqh>
#include <MT5Connector/Zmtp/Subscriptions.mqh>

uint g_random=7;
int  g_checks=0;
int  g_failed=0;

//+------------------------------------------------------------------+
//| Counts, and names what fails                                     |
//+------------------------------------------------------------------+
void Check(const string name,const bool good)
  {
   g_checks++;
   if(good)
      return;
   g_failed++;
   Print("FAILED: ",name);
  }
//+------------------------------------------------------------------+
//| A number below the limit, the same ones in every run             |
//+------------------------------------------------------------------+
int Random(const int limit)
  {
   g_random=g_random*1664525+1013904223;
   return((int)((g_random>>8)%(uint)limit));
  }
//+------------------------------------------------------------------+
//| What goes in comes out, in order, whatever the sizes             |
//+------------------------------------------------------------------+
void TestQueue(void)
  {
   CByteQueue queue;
   uchar      data[];
   int        put=0;
   int        taken=0;
   bool       good=true;
   for(int i=0; i<20000 && good; i++)
     {
      int count=Random(700);
      if(Random(2)==0 && queue.Size()<20000)
        {
         good=CBytes::Resize(data,count);
         for(int k=0; k<count; k++)
           {
            data[k]=(uchar)(put%251);
            put++;
           }
         good=good && queue.Append(data,0,count);
        }
      else
        {
         if(count>queue.Size())
            count=queue.Size();
         good=CBytes::Resize(data,count);
         queue.Copy(0,data,count);
         queue.Skip(count);
         for(int k=0; k<count; k++)
           {
            good=good && (int)data[k]==taken%251;
            taken++;
           }
        }
      good=good && queue.Size()==put-taken;
      if(queue.Size()>0)
         good=good && queue.At(0)==taken%251;
     }
   Check("queue",good && taken>1000000);
   queue.Clear();
   Check("queue is clear",queue.Size()==0);
  }
//+------------------------------------------------------------------+
//| Frames of every size, and the limits                             |
//+------------------------------------------------------------------+
void TestMessage(void)
  {
   CZmtpMessage message;
   CZmtpMessage copy;
   CZmtpInbox   inbox;
   uchar        data[];
   uchar        back[];
   bool         good=true;
   for(int i=0; i<ZMTP_FRAMES_MAX; i++)
     {
      good=good && CBytes::Resize(data,i*3);
      ArrayFill(data,0,i*3,i);
      good=good && message.AddWhole(data);
     }
   Check("message takes its frames",good && message.Frames()==ZMTP_FRAMES_MAX);
   Check("message refuses one more",!message.AddWhole(data));
   Check("message copies",copy.Assign(message) && copy.Bytes()==message.Bytes() && copy.GetFrame(5,back) && ArraySize(back)==15);
   Check("message copies bytes",(int)back[0]==5 && (int)back[14]==5);
   Check("message has no such frame",!copy.GetFrame(ZMTP_FRAMES_MAX,back) && !copy.GetFrame(-1,back));
   Check("inbox without limits takes nothing",!inbox.Push(message));
   Check("inbox",inbox.Init(3,100000) && inbox.Push(message) && inbox.Push(message) && inbox.Push(message));
   Check("inbox is full",!inbox.HasRoom() && !inbox.Push(message) && inbox.Count()==3);
   Check("inbox gives",inbox.Pop(copy) && copy.Frames()==ZMTP_FRAMES_MAX && inbox.HasRoom());
   Check("inbox is bounded by bytes",inbox.Init(3,1) && inbox.Push(message) && !inbox.HasRoom());
   Check("inbox is empty",inbox.Pop(copy) && !inbox.Pop(copy));
  }
//+------------------------------------------------------------------+
//| Prefixes, counted                                                |
//+------------------------------------------------------------------+
void TestSubscriptions(void)
  {
   CZmtpSubscriptions topics;
   CZmtpMessage       message;
   uchar              name[4];
   uchar              any[];
   bool               good=true;
   ArrayFill(name,0,4,65);
   Check("message",message.AddWhole(name));
   Check("nothing matches",!topics.Matches(message));
   Check("empty topic",topics.Add(any,0,0) && topics.Matches(message));
   topics.Cancel(any,0,0);
   Check("cancelled",!topics.Matches(message) && topics.Size()==0);
   for(int i=0; i<300; i++)
     {
      name[0]=(uchar)(i%256);
      name[1]=(uchar)(i/256);
      good=good && topics.Add(name,0,4) && topics.Add(name,0,4);
     }
   Check("many",good && topics.Size()==300);
   for(int i=0; i<300; i+=2)
     {
      name[0]=(uchar)(i%256);
      name[1]=(uchar)(i/256);
      topics.Cancel(name,0,4);
      topics.Cancel(name,0,4);
      topics.Cancel(name,0,4);
     }
   Check("every other one is gone",topics.Size()==150);
   for(int i=0; i<300; i++)
     {
      name[0]=(uchar)(i%256);
      name[1]=(uchar)(i/256);
      message.Clear();
      good=good && message.AddWhole(name) && topics.Matches(message)==(i%2==1);
     }
   Check("the others are left",good);
   Check("too long",CBytes::Resize(any,ZMTP_TOPIC_MAX+1) && !topics.Add(any,0,ZMTP_TOPIC_MAX+1));
   topics.Clear();
   for(int i=0; i<ZMTP_SUBSCRIPTIONS_MAX && good; i++)
     {
      CBytes::PutUint32Le(name,0,(uint)i);
      good=topics.Add(name,0,4);
     }
   CBytes::PutUint32Le(name,0,ZMTP_SUBSCRIPTIONS_MAX);
   Check("too many",good && !topics.Add(name,0,4));
  }
//+------------------------------------------------------------------+
//| Dotted addresses, and a network that is none                     |
//+------------------------------------------------------------------+
void TestNetwork(void)
  {
   SNetEndpoint endpoint;
   CNetwork     none;
   uchar        buffer[1];
   SNetInterest interests[1];
   interests[0].handle=1;
   endpoint.port=1;
   Check("address",CNetwork::ParseAddress("192.168.0.255",endpoint) && (int)endpoint.address[0]==192 && (int)endpoint.address[3]==255);
   Check("too large",!CNetwork::ParseAddress("1.2.3.256",endpoint));
   Check("too short",!CNetwork::ParseAddress("1.2.3",endpoint));
   Check("too long",!CNetwork::ParseAddress("1.2.3.4.5",endpoint));
   Check("empty part",!CNetwork::ParseAddress("1..3.4",endpoint) && !CNetwork::ParseAddress("",endpoint));
   Check("no digits",!CNetwork::ParseAddress("localhost",endpoint) && !CNetwork::ParseAddress("1.2.3.-4",endpoint));
   none.Shutdown();
   none.Close(1);
   Check("none",!none.Startup() && none.Listen(endpoint,1)==NET_INVALID && none.BoundPort(1)==0 && none.Accept(1)==NET_INVALID);
   Check("none",none.Receive(1,buffer,1)==NET_CLOSED && none.Send(1,buffer,1)==NET_CLOSED);
   Check("none",none.Wait(interests,1,0)==0 && none.LastFault()==0);
  }
//+------------------------------------------------------------------+
//| Runs all checks                                                  |
//+------------------------------------------------------------------+
void OnStart(void)
  {
   TestQueue();
   TestMessage();
   TestSubscriptions();
   TestNetwork();
   Print(g_checks," checks, ",g_failed," failed");
  }
//+------------------------------------------------------------------+
