//+------------------------------------------------------------------+
//|                                                    JsonProbe.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"

#include <MT5Connector/Json/JsonReader.mqh>
#include <MT5Connector/Json/JsonWriter.mqh>

//+------------------------------------------------------------------+
//| Writes what the reader understood                                |
//+------------------------------------------------------------------+
bool Rewrite(const CJsonReader &reader,const int node,CJsonWriter &writer)
  {
   string text;
   double number=0.0;
   switch(reader.Kind(node))
     {
      case JSON_NULL:
         writer.Null();
         return(true);
      case JSON_FALSE:
         writer.Bool(false);
         return(true);
      case JSON_TRUE:
         writer.Bool(true);
         return(true);
      case JSON_NUMBER:
         if(!reader.GetDouble(node,number))
            return(false);
         writer.Double(number);
         return(true);
      case JSON_TEXT:
         if(!reader.GetText(node,text))
            return(false);
         writer.Text(text);
         return(true);
      default:
         break;
     }
   bool is_object=reader.Kind(node)==JSON_OBJECT;
   if(is_object)
      writer.BeginObject();
   else
      writer.BeginList();
   int count=0;
   for(int child=reader.First(node); child>=0; child=reader.Next(child))
     {
      if(is_object)
        {
         if(!reader.Name(child,text))
            return(false);
         writer.Name(text);
        }
      if(!Rewrite(reader,child,writer))
         return(false);
      count++;
     }
   if(is_object)
      writer.EndObject();
   else
      writer.EndList();
   return(count==reader.Count(node));
  }
//+------------------------------------------------------------------+
//| Integers of a list, as texts of both kinds                       |
//+------------------------------------------------------------------+
bool Integers(const CJsonReader &reader,CJsonWriter &writer)
  {
   writer.BeginList();
   for(int child=reader.First(0); child>=0; child=reader.Next(child))
     {
      long  whole=0;
      ulong natural=0;
      if(reader.GetLong(child,whole))
         writer.LongText(whole);
      else
         writer.Null();
      if(reader.GetUlong(child,natural))
         writer.UlongText(natural);
      else
         writer.Null();
     }
   writer.EndList();
   return(true);
  }
//+------------------------------------------------------------------+
//| Answers every document of the file                               |
//+------------------------------------------------------------------+
void OnStart(void)
  {
   CJsonReader reader;
   CJsonWriter writer;
   uchar       head[4];
   uchar       data[];
   uchar       out[];
   int         count=0;
   int         questions=FileOpen("probe.bin",FILE_READ|FILE_BIN);
   int         answers=FileOpen("probe.out",FILE_WRITE|FILE_BIN);
   if(questions==INVALID_HANDLE || answers==INVALID_HANDLE)
     {
      Print("no files");
      return;
     }
   while(FileReadArray(questions,head,0,4)==4)
     {
      int size=(int)CBytes::GetUint32Le(head,0);
      if(!CBytes::Resize(data,size) || (size>0 && FileReadArray(questions,data,0,size)!=(uint)size))
         return;
      writer.Reset();
      bool good=reader.Parse(data);
      if(good && reader.Kind(0)==JSON_LIST && reader.First(0)>=0 && reader.Kind(reader.First(0))==JSON_TEXT &&
         reader.Count(0)>100)
         good=Integers(reader,writer);
      else
         good=good && Rewrite(reader,0,writer);
      good=good && writer.Finish(out);
      if(!good && !CBytes::Resize(out,0))
         return;
      CBytes::PutUint32Le(head,0,(uint)ArraySize(out));
      if(FileWriteArray(answers,head,0,4)!=4 || FileWriteArray(answers,out,0,ArraySize(out))!=(uint)ArraySize(out))
         return;
      count++;
     }
   FileClose(questions);
   FileClose(answers);
   Print("answered ",count);
  }
//+------------------------------------------------------------------+
